/**
 * How imports stand, by what the event topic tells of them: for pages, lists and whoever waits for
 * an import of another process. Start at {@link io.drover.routes.follow.EventFollower}.
 */
package io.drover.routes.follow;
