package io.drover.routes.batch;

import java.io.Closeable;
import java.util.Iterator;

/**
 * Images to be imported, given one by one in bounded memory. What is wrong with one of them is an
 * entry of its own; an {@link java.io.UncheckedIOException} means that the list cannot be read on.
 * Not thread-safe.
 */
public interface ImageList extends Iterator<Listed>, Closeable {}
