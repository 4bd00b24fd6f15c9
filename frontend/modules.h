/* The files of a program: the given one and all that its imports reach, each read and parsed once.
 *
 * A module `a.b` is the file a/b.ad beside the importing file, else in a folder of the loader. The
 * order puts every file behind those it imports, so that a checked one needs no other; a cycle is
 * an error (E50). What a file gives to importers are its members: functions, constants, types.
 *
 * owner    the arena of the compilation
 * cost     linear in the texts and in the number of imports times folders; no recursion */
#ifndef ADC_FRONTEND_MODULES_H
#define ADC_FRONTEND_MODULES_H

#include "frontend/frontend.h"
#include "frontend/scope.h"

struct module_unit {
    const char *path; /* as in messages */
    struct ast *tree;
    uint32_t owner; /* of its members; from 1 */
    enum symbol_state state;
};

struct module_member {
    uint32_t owner; /* 0: an empty slot */
    struct sema_symbol *symbol;
    const struct adc_name *name;
};

struct modules {
    struct adc_arena *arena;
    struct adc_names *names;
    struct adc_diags *diags;
    const struct fe_loader *loader;
    ADC_VEC(struct module_unit *) order; /* imported files before importing ones; the given last */
    ADC_VEC(struct module_unit *) by_key; /* by the number of the name of a file */
    struct module_member *slots;          /* open addressing, a power of two */
    uint32_t slot_count, member_count, owner_count;
};

/* Loads what `file` needs. Every IMPORT that is found gets a symbol of its own (SYMBOL_MODULE). */
void modules_load(struct modules *modules, struct ast *file);

/* A number for another owner of members: a part of a dotted path. */
uint32_t modules_new_owner(struct modules *modules);
void modules_put(struct modules *modules, uint32_t owner, const struct adc_name *name,
                 struct sema_symbol *symbol);
struct sema_symbol *modules_find(const struct modules *modules, uint32_t owner,
                                 const struct adc_name *name);

#endif
