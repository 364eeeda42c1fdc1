/**
 * The service's own HTTP port: page, health, metrics, and whatever else wants to be asked over
 * HTTP. Start at {@link io.drover.routes.web.WebServer}.
 */
package io.drover.routes.web;
