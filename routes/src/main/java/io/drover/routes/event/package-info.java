/**
 * The story of every import, told on Kafka: CloudEvents in binary content mode, in order per
 * import, at least once. Start at {@link io.drover.routes.event.EventOutbox}.
 */
package io.drover.routes.event;
