/** Many imports from one list: read as a stream, each line for itself, and never the same twice. */
package io.drover.routes.batch;
