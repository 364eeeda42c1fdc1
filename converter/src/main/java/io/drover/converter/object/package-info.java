/**
 * Object storage without any vendor's library. Start at {@link
 * io.drover.converter.object.ObjectStore}.
 */
package io.drover.converter.object;
