/* Loading: depth first over the imports with an explicit stack; a hash table of members. */
#include "frontend/modules.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };

/* --------------------------------------------------------------------- members */

static uint32_t hash_member(uint32_t owner, const struct adc_name *name)
{
    uint32_t words[2] = {owner, name->number};
    return adc_hash(words, sizeof words, 0);
}

static struct module_member *slot_of(const struct modules *modules, uint32_t owner,
                                     const struct adc_name *name)
{
    uint32_t mask = modules->slot_count - 1, at = hash_member(owner, name) & mask;
    struct module_member *slot = &modules->slots[at];
    while (slot->owner && (slot->owner != owner || slot->name != name))
        slot = &modules->slots[at = (at + 1) & mask];
    return slot;
}

static void grow(struct modules *modules)
{
    struct module_member *old = modules->slots;
    uint32_t count = modules->slot_count;
    modules->slot_count = count ? count * 2 : FIRST_SLOTS;
    modules->slots = ADC_NEW_ARRAY(modules->arena, struct module_member, modules->slot_count);
    for (uint32_t i = 0; i < count; i++)
        if (old[i].owner) *slot_of(modules, old[i].owner, old[i].name) = old[i];
}

void modules_put(struct modules *modules, uint32_t owner, const struct adc_name *name,
                 struct sema_symbol *symbol)
{
    if (modules->member_count >= modules->slot_count / 4 * 3) grow(modules);
    struct module_member *slot = slot_of(modules, owner, name);
    modules->member_count += slot->owner == 0;
    *slot = (struct module_member){owner, symbol, name};
}

struct sema_symbol *modules_find(const struct modules *modules, uint32_t owner,
                                 const struct adc_name *name)
{
    return modules->slot_count ? slot_of(modules, owner, name)->symbol : NULL;
}

uint32_t modules_new_owner(struct modules *modules)
{
    return ++modules->owner_count;
}

/* ----------------------------------------------------------------------- paths */

/* Without `.` parts and doubled slashes, so that one file has one path in most cases. */
static void simplify(char *path)
{
    char *to = path;
    for (const char *from = path; *from;) {
        bool starts = to == path || to[-1] == '/';
        if (starts && from[0] == '.' && from[1] == '/') from += 2;
        else if (starts && to != path && *from == '/') from++;
        else *to++ = *from++;
    }
    *to = '\0';
}

/* `place` 0 is the folder of the importing file, the others are the loader's. */
static const char *candidate(const struct modules *modules, const struct module_unit *importer,
                             const struct ast *import, size_t place)
{
    struct adc_text path;
    adc_text_init(&path, modules->arena);
    if (place == 0) {
        const char *slash = strrchr(importer->path, '/');
        adc_text_put(&path, importer->path, slash ? (size_t)(slash - importer->path) + 1 : 0);
    } else {
        const char *folder = modules->loader->folders[place - 1];
        adc_text_format(&path, *folder ? "%s/" : "%s", folder);
    }
    for (const char *at = import->text->text; *at; at++)
        adc_text_put(&path, *at == '.' ? "/" : at, 1);
    adc_text_add(&path, ".ad");
    simplify(path.data);
    return path.data;
}

/* What two paths of one file have in common. */
static const struct adc_name *key_of(const struct modules *modules, const char *path)
{
    struct adc_text key;
    adc_text_init(&key, modules->arena);
    const struct fe_loader *loader = modules->loader;
    if (loader->identify && loader->identify(loader->user, path, &key) && key.count)
        return adc_name(modules->names, key.data, key.count);
    char *own = adc_arena_copy(modules->arena, path, strlen(path));
    simplify(own);
    return adc_name_of(modules->names, own);
}

/* --------------------------------------------------------------------- messages */

static void report_missing(const struct modules *modules, const struct module_unit *importer,
                           const struct ast *import)
{
    enum { MOST = 16 };
    const struct fe_loader *loader = modules->loader;
    struct adc_diag *diag = adc_diag_add(modules->diags, ADC_E50, import->at,
                                         "there is no module `%s`", import->text->text);
    if (diag->notes) return;
    struct adc_span nowhere = {0, 0, 0};
    for (size_t place = 0; place <= loader->folder_count && place < MOST; place++)
        adc_diag_note(modules->diags, diag, nowhere, "looked for `%s`",
                      candidate(modules, importer, import, place));
    if (loader->folder_count >= MOST)
        adc_diag_note(modules->diags, diag, nowhere, "and in %zu more folders",
                      loader->folder_count + 1 - MOST);
    if (loader->read_file)
        adc_diag_help(modules->diags, diag, "`-I DIR` names a further folder to look in");
    else
        adc_diag_note(modules->diags, diag, nowhere, "no files are read for this text");
}

struct visit {
    struct module_unit *unit;
    uint32_t next;            /* item */
    const struct ast *import; /* that led here; NULL for the given file */
};

struct loading {
    struct modules *modules;
    ADC_VEC(struct visit) stack;
};

/* a.ad -> b.ad -> a.ad; of long ones both ends. */
static void report_cycle(const struct loading *l, const struct module_unit *unit,
                         const struct ast *import)
{
    enum { ENDS = 6 };
    struct adc_diags *diags = l->modules->diags;
    size_t count = l->stack.count, first = count;
    while (l->stack.data[first - 1].unit != unit) first--;
    first--;
    struct adc_text path;
    adc_text_init(&path, l->modules->arena);
    for (size_t i = first; i < count; i++) {
        bool hidden = i >= first + ENDS && i + ENDS < count;
        if (!hidden) adc_text_format(&path, "%s -> ", l->stack.data[i].unit->path);
        else if (i == first + ENDS)
            adc_text_format(&path, "(%zu more) -> ", count - first - 2 * ENDS);
    }
    adc_text_add(&path, unit->path);
    const char *what = count - first == 1 ? "a file imports itself" : "files import each other";
    struct adc_diag *diag =
        adc_diag_add(diags, ADC_E50, import->at, "%s: %s", what, path.data);
    if (diag->notes) return;
    for (size_t i = first + 1; i < count && i <= first + ENDS; i++)
        adc_diag_note(diags, diag, l->stack.data[i].import->at, "`%s` is imported here",
                      l->stack.data[i].unit->path);
}

/* ---------------------------------------------------------------------- loading */

static struct module_unit **unit_at(struct modules *modules, const struct adc_name *key)
{
    while (modules->by_key.count <= key->number) ADC_PUSH(modules->arena, modules->by_key, NULL);
    return &modules->by_key.data[key->number];
}

static struct module_unit *add_unit(struct modules *modules, const char *path,
                                    const struct adc_name *key, struct ast *tree)
{
    struct module_unit *unit = ADC_NEW(modules->arena, struct module_unit);
    *unit = (struct module_unit){.path = path, .tree = tree, .owner = modules_new_owner(modules)};
    *unit_at(modules, key) = unit;
    return unit;
}

/* The file of an import, parsed if it is new; NULL after a message. */
static struct module_unit *find_unit(struct modules *modules, const struct module_unit *importer,
                                     const struct ast *import)
{
    const struct fe_loader *loader = modules->loader;
    for (size_t place = 0; loader->read_file && place <= loader->folder_count; place++) {
        const char *path = candidate(modules, importer, import, place);
        const struct adc_name *key = key_of(modules, path);
        struct module_unit *unit = *unit_at(modules, key);
        if (unit) return unit;
        struct adc_text text;
        adc_text_init(&text, modules->arena);
        if (loader->read_file(loader->user, path, &text)) {
            uint32_t source = adc_source_add(modules->diags, path, text.count ? text.data : "",
                                             text.count);
            struct ast *tree = ast_parse(modules->arena, modules->names, modules->diags, source);
            return add_unit(modules, path, key, tree);
        }
        if (!text.count) continue;
        adc_diag_add(modules->diags, ADC_E50, import->at, "cannot read `%s`: %s", path, text.data);
        return NULL;
    }
    report_missing(modules, importer, import);
    return NULL;
}

static void push(struct loading *l, struct module_unit *unit, const struct ast *import)
{
    unit->state = STATE_ACTIVE;
    ADC_PUSH(l->modules->arena, l->stack, (struct visit){unit, 0, import});
}

static void follow(struct loading *l, const struct module_unit *importer, struct ast *import)
{
    struct module_unit *unit = find_unit(l->modules, importer, import);
    if (!unit) return;
    struct sema_symbol *symbol = ADC_NEW(l->modules->arena, struct sema_symbol);
    symbol->kind = SYMBOL_MODULE;
    symbol->state = STATE_DONE;
    symbol->span = import->at;
    symbol->name = import->text;
    symbol->unit = unit;
    import->symbol = symbol;
    if (unit->state == STATE_ACTIVE) report_cycle(l, unit, import);
    else if (unit->state == STATE_NEW) push(l, unit, import);
}

static struct ast *next_import(struct visit *visit)
{
    struct ast *tree = visit->unit->tree;
    while (visit->next < tree->count) {
        struct ast *item = tree->child[visit->next++];
        if (item->kind == AST_ITEM && item->child[0]->kind == AST_IMPORT && item->child[0]->text)
            return item->child[0];
    }
    return NULL;
}

void modules_load(struct modules *modules, struct ast *file)
{
    struct loading l = {.modules = modules};
    const char *path = modules->diags->sources.data[file->span.source].name;
    push(&l, add_unit(modules, path, key_of(modules, path), file), NULL);
    while (l.stack.count) {
        struct visit *top = &l.stack.data[l.stack.count - 1];
        struct module_unit *unit = top->unit;
        struct ast *import = next_import(top);
        if (import) {
            follow(&l, unit, import);
            continue;
        }
        unit->state = STATE_DONE;
        ADC_PUSH(modules->arena, modules->order, unit);
        l.stack.count--;
    }
}
