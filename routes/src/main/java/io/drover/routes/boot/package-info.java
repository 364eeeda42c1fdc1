/**
 * Opening a committed import from QEMU. Start at {@link io.drover.routes.boot.ObjectGateway}: it
 * shows private objects to programs that speak plain HTTP and cannot sign requests.
 */
package io.drover.routes.boot;
