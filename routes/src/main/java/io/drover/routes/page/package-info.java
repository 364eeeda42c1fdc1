/**
 * The live page: how all imports stand, fed by events as they come. Start at {@link
 * io.drover.routes.page.Page}; what the browser loads lies beside it as resources.
 */
package io.drover.routes.page;
