/**
 * A Camel component for work that takes long: Kafka's share groups (KIP-932), one record at a time,
 * kept for as long as an exchange runs.
 */
package io.drover.routes.share;
