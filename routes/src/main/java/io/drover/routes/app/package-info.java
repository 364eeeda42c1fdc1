/** Where everything is put together, once, by constructors. */
package io.drover.routes.app;
