/** Examinations of what imports depend on besides the S3 server: Kafka and this machine. */
package io.drover.routes.doctor;
