/** The command line. Start at {@link io.drover.routes.cli.Drover}. */
package io.drover.routes.cli;
