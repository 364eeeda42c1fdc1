/** The stable names of failures, and text made safe to print. Everything may depend on this. */
package io.drover.converter.error;
