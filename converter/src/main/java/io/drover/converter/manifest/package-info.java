/**
 * The commit record of an import ({@link io.drover.converter.manifest.Manifest}), its one JSON form
 * ({@link io.drover.converter.manifest.ManifestJson}), and what to tell QEMU and nbdkit to open the
 * disk ({@link io.drover.converter.manifest.OpenInstructions}).
 */
package io.drover.converter.manifest;
