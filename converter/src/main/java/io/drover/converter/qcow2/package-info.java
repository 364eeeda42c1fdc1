/**
 * The qcow2 format: reading images of all versions that exist. Start at {@link
 * io.drover.converter.qcow2.Qcow2Image}; {@link io.drover.converter.qcow2.Qcow2Spec} has the
 * numbers.
 */
package io.drover.converter.qcow2;
