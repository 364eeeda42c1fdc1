/** How Drover's Kafka clients find the brokers and prove who they are. */
package io.drover.routes.kafka;
