/**
 * Committed imports as files of their own. Start at {@link io.drover.converter.export.Exporter}.
 */
package io.drover.converter.export;
