/**
 * Imports that are asked for on Kafka: requests, their cancellation, and what is wrong with them.
 */
package io.drover.routes.queue;
