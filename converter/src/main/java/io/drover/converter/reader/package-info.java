/**
 * Opens images of any format that can be imported, and describes them. Start at {@link
 * io.drover.converter.reader.ImageOpener}.
 */
package io.drover.converter.reader;
