/**
 * How the data object is cut into the parts of one multipart upload. Start at {@link
 * io.drover.converter.plan.PartPlanner}. A plan is a pure function of its inputs, so that it can be
 * made again after a crash.
 */
package io.drover.converter.plan;
