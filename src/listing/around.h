/* SPDX-License-Identifier: MIT */
/* A page of messages with one of them in its middle. */
#ifndef CR_LISTING_AROUND_H
#define CR_LISTING_AROUND_H

#include "listing/list.h"

/* `viewer` may be NULL; the listing names the message. CRUDDUR_E_MESSAGE_NOT_FOUND,
 * CRUDDUR_E_MESSAGE_TIME. Free the page with free(). */
cruddur_status cr_list_around(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                              const cr_listing *listing, cr_call *call, cr_page **ret_page);

#endif
