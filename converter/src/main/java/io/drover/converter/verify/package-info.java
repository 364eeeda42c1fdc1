/** Reads imports back. Start at {@link io.drover.converter.verify.Verifier}. */
package io.drover.converter.verify;
