/**
 * The drop folder: a file that stands still is claimed by an atomic rename, imported, and ends in
 * {@code .done} or {@code .failed}, whatever happens in between. Start at {@link
 * io.drover.routes.drop.DropRoute}.
 */
package io.drover.routes.drop;
