/**
 * The qcow2 files that are written: the metadata of an imported disk ({@link
 * io.drover.converter.metadata.MetadataWriter}) and the empty overlay to boot it with ({@link
 * io.drover.converter.metadata.OverlayWriter}). Bytes are a pure function of the disk's size, the
 * cluster size and one bit per guest cluster; nothing here knows where they are stored.
 */
package io.drover.converter.metadata;
