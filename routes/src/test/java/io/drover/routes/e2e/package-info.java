/**
 * Tests of the whole program against real servers: images that QEMU's own tools made go in, and
 * QEMU's own tools judge what lies on S3.
 */
package io.drover.routes.e2e;
