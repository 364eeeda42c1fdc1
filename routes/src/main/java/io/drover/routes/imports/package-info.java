/**
 * The one import route, and the imports that are on it. Command line, drop folder and every later
 * intake hand an {@link io.drover.converter.imports.ImportRequest} to it.
 */
package io.drover.routes.imports;
