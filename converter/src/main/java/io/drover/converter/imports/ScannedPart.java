package io.drover.converter.imports;

import io.drover.converter.plan.Part;

/**
 * A part that a scan has found.
 *
 * @param buffer the part's bytes, from its first; null for a part of zeros
 * @param digestEnd guest offset up to which blocks are the lane's to digest; the block that goes on
 *     in the next part is the scan's
 */
record ScannedPart(Part part, byte[] buffer, long digestEnd) {}
