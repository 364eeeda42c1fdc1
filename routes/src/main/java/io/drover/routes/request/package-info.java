/** What a person, a list or a message may wish for, as a request that the import route takes. */
package io.drover.routes.request;
