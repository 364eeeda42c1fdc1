/**
 * A real S3 server and a real Kafka broker on loopback, for trying Drover out and for its tests.
 * They run in a process of their own: {@link io.drover.sandbox.SandboxProcess} starts it and needs
 * nothing but the JDK, {@link io.drover.sandbox.Sandbox} is that process. Everybody may read the
 * credentials here, so this is no place for data that matters.
 */
package io.drover.sandbox;
