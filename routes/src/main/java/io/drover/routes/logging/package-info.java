/** Logging of one-shot commands; the service's is set up by {@code config/logback.xml}. */
package io.drover.routes.logging;
