/**
 * Images behind http and https URLs. Start at {@link io.drover.converter.http.HttpSource}; nothing
 * of them is read but by ranges.
 */
package io.drover.converter.http;
