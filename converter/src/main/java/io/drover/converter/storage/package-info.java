/** Bytes at rest, wherever they lie, read at any offset. Knows nothing of image formats. */
package io.drover.converter.storage;
