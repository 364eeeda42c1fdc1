/**
 * Objects on S3 and servers that speak like it. The only package that knows the vendor's library.
 * Start at {@link io.drover.converter.object.s3.S3ObjectStore}.
 */
package io.drover.converter.object.s3;
