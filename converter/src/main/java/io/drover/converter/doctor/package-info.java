/**
 * What an examination of a server, a broker or this machine says: {@link
 * io.drover.converter.doctor.Finding}s. Who examines what lies where the knowledge is; the S3
 * server's abilities with the S3 client.
 */
package io.drover.converter.doctor;
