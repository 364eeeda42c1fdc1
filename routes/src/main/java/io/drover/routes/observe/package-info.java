/** What machines ask a running Drover: whether it can work, and how much it does. */
package io.drover.routes.observe;
