/* SPDX-License-Identifier: Apache-2.0 */
/* The services of <godwit/host_*.h>: questions that a plugin may ask during a call, whichever process it lives in. What
 * answers them lies further up (a database is none of this folder's business) and is a struct gw_services. */
#ifndef GW_PLUGIN_SERVICE_H
#define GW_PLUGIN_SERVICE_H

#include <godwit/host_migrations.h>
#include <godwit/host_secrets.h>
#include <godwit/host_session.h>

/* Each function as the one of that name in the headers. A failure is recorded in the call. A NULL slot: there is no
 * database, or there are no migrations, in this call. */
struct gw_services {
    gw_status (*query)(struct gw_services *, struct gw_call *, struct gw_str sql,
                       const struct gw_cell *args, uint32_t n_args, const struct gw_rows_into *);
    gw_status (*quote)(struct gw_services *, struct gw_call *, struct gw_str name,
                       const struct gw_text_into *);
    gw_status (*info)(struct gw_services *, struct gw_call *, const struct gw_fields_into *);
    gw_status (*list)(struct gw_services *, struct gw_call *, const struct gw_migrations_into *);
    gw_status (*text)(struct gw_services *, struct gw_call *, struct gw_str revision,
                      uint32_t which, const struct gw_text_into *);
    void (*end)(struct gw_services *); /* the call is over: so is its transaction */
};

/* The table of that id, or NULL. */
const void *gw_service_table(const char *id);
/* NULL is fine. */
void gw_services_end(struct gw_services *services);

#endif
