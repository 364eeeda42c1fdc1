/**
 * Imports as spans of distributed traces, by OpenTelemetry, where its variables ask for them. Only
 * this package knows it.
 */
package io.drover.routes.trace;
