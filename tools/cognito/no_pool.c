/* SPDX-License-Identifier: MIT */
/* What stands in for the Cognito client where the library has no AWS room. */
#include "base/error.h"
#include "pool.h"

cruddur_status pool_list(const struct pool_options *options, struct pool_users *ret_users,
                         cruddur_error **error)
{
    (void)options;
    (void)ret_users;
    return cr_fail_with(error, CRUDDUR_E_ENGINE_DISABLED,
                        "reading a user pool needs a cruddur that was built with DynamoDB's engine "
                        "(-Ddynamodb=enabled)");
}
