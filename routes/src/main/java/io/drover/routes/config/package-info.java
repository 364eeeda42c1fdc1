/** What an operator can set, read once at start. */
package io.drover.routes.config;
