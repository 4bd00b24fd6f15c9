/* The grammar of the .ad language: LALR(1) without conflicts and without precedence
 * declarations; the levels of expressions are stratified.
 *
 * Actions are single calls of syntax_build.h; children are given in the order of ast.def. NL
 * stands behind every item and statement and nowhere else (layout.h). One argument list serves
 * calls, tuples, records, array literals and the indices of reductions: what follows (`:` or a
 * closing bracket) tells which it is, and the builders look at the arguments again.
 *
 * Frequent mistakes have productions of their own ("mistakes" below), so that they are named and
 * the rest of the program is still understood. Any other error drops the rest of its statement
 * or item: layout.c then passes on SYNC in place of the NL. */
%require "3.8"
%expect 0
%define api.pure full
%define api.prefix {syntax_}
%define api.location.type {struct adc_span}
%define parse.error custom
%define parse.lac full
%locations
%param {struct syntax *syntax}
%initial-action { @$ = syntax_span(syntax, 0, 0); }

%code requires {
    #include "frontend/syntax_build.h"
}

%code {
    /* Stacks grow on the arena. The exploratory stack of LAC has no access to it: it never needs
     * more than its initial array, since between two shifts it grows by empty rules alone;
     * should it ask, it gets nothing and the parser reports exhaustion. */
    #pragma GCC diagnostic ignored "-Wshadow"
    static struct syntax *const syntax = 0;
    #define YYMALLOC(size) (syntax ? adc_arena_alloc(syntax->arena, (size)) : 0)
    #define YYFREE(block) ((void)(block))
    #define YYMAXDEPTH SYNTAX_MOST_SYMBOLS

    #define YYLLOC_DEFAULT(to, from, n) ((to) = span_of_parts((from), (n)))

    #define MAKE(...) build_node(syntax, __VA_ARGS__)
    #define NO_NODE ((struct ast *)NULL)
    #define NO_SPAN ((struct adc_span){0})
    #define NAMED(...) build_named(syntax, __VA_ARGS__)

    /* From the first part that is not empty to the last; parts[0] stands before them. */
    static struct adc_span span_of_parts(const struct adc_span *parts, int count)
    {
        int first = 1;
        if (count == 0) return (struct adc_span){parts[0].source, parts[0].end, parts[0].end};
        while (first < count && parts[first].begin == parts[first].end) first++;
        return syntax_join(parts[first], parts[count]);
    }

    static int syntax_lex(SYNTAX_STYPE *value, struct adc_span *span, struct syntax *syntax);
    static void syntax_error(struct adc_span *span, struct syntax *syntax, const char *message);
}

%union {
    struct ast *node;
    struct syntax_list *list;
    const struct adc_name *text;
    unsigned number;
}

%token START_FILE START_BODY SYNC
%token BAD
%token <text> DOC
%token IDENT INT REAL STRING ATTR ATTRP NL
%token FN LET MUT REC CONST DATA VAR TYPE IMPORT AS EXPORT EXTERN WITH REQUIRE
%token IF THEN ELSE FOR WHILE IN AND OR NOT DIV MOD TRUE FALSE
%token DOTDOT ARROW FATARROW EQ NE LE GE ADDEQ SUBEQ MULEQ DIVEQ PLUSPLUS

%type <text> doc
%type <list> items path names attrs_opt attrs params_opt params rules dims dimargs_opt fields
%type <list> types_opt types stmts binders lparams args arglist indices tparams_opt
%type <node> item decl attr param default_opt ret_opt body rule extname_opt type type_opt basetype
%type <node> field block stmt core binder range expr ifthen ifblk ifstmt lambda lparam
%type <node> orx andx notx cmp chain sum term unary pow postfix primary arg filter index
%type <number> export_opt kind assignop cmpop

%start start
%%

start
  : START_FILE items            { syntax->result = build_list(syntax, AST_FILE, @2, @2, $2); }
  | START_BODY stmts            { syntax->result = build_list(syntax, AST_BLOCK, @2, @2, $2); }
  ;

/* ------------------------------------------------------------------ items */

items
  : %empty                      { $$ = list_new(syntax); }
  | items item NL               { $$ = list_add(syntax, $1, $2); }
  | items error SYNC            { yyerrok; }
  ;
item
  : doc attrs_opt decl          { $$ = build_item(syntax, @$, $1, $2, $3); }
  ;
doc
  : %empty                      { $$ = NULL; }
  | DOC
  ;
decl
  : IMPORT path                 { $$ = build_import(syntax, @$, @2, $2, NO_SPAN, NULL); }
  | IMPORT path AS IDENT        { $$ = build_import(syntax, @$, @2, $2, @4, NULL); }
  | IMPORT path '(' names ')'   { $$ = build_import(syntax, @$, @2, $2, NO_SPAN, $4); }
  | CONST IDENT type_opt '=' expr
                                { $$ = NAMED(AST_CONSTDEF, @$, @2, 2, $3, $5); }
  | TYPE IDENT tparams_opt '=' type
                                { $$ = build_typedef(syntax, @$, @2, $3, $5); }
  | export_opt FN IDENT '(' params_opt ')' ret_opt body rules
                                { $$ = build_function(syntax, @$, @3, $1, &(struct build_function){
                                      build_list(syntax, AST_LIST, @5, @5, $5), $7, $8, $9}); }
  | EXTERN FN IDENT '(' params_opt ')' ARROW type extname_opt rules
                                { $$ = build_extern(syntax, @$, @3, &(struct build_function){
                                      build_list(syntax, AST_LIST, @5, @5, $5), $8, $9, $10}); }
  ;
export_opt
  : %empty                      { $$ = 0; }
  | EXPORT                      { $$ = 1; }
  ;
extname_opt
  : %empty                      { $$ = NULL; }
  | '=' STRING                  { $$ = build_string(syntax, @2); }
  ;
path
  : IDENT                       { $$ = list_add(syntax, list_new(syntax), build_name(syntax, @1)); }
  | path '.' IDENT              { $$ = list_add(syntax, $1, build_name(syntax, @3)); }
  ;
names
  : IDENT                       { $$ = list_add(syntax, list_new(syntax), build_name(syntax, @1)); }
  | names ',' IDENT             { $$ = list_add(syntax, $1, build_name(syntax, @3)); }
  ;
tparams_opt
  : %empty                      { $$ = list_new(syntax); }
  | '<' names '>'               { $$ = $2; }
  ;
attrs_opt
  : %empty                      { $$ = list_new(syntax); }
  | attrs
  ;
attrs
  : attr                        { $$ = list_add(syntax, list_new(syntax), $1); }
  | attrs attr                  { $$ = list_add(syntax, $1, $2); }
  ;
attr
  : ATTR                        { $$ = build_attribute(syntax, @$, @1, list_new(syntax)); }
  | ATTRP args ')'              { $$ = build_attribute(syntax, @$, @1, $2); }
  ;

/* -------------------------------------------------------------- functions */

params_opt
  : %empty                      { $$ = list_new(syntax); }
  | params
  | params ','
  ;
params
  : param                       { $$ = list_add(syntax, list_new(syntax), $1); }
  | params ',' param            { $$ = list_add(syntax, $1, $3); }
  ;
param
  : kind IDENT ':' type default_opt
                                { $$ = build_param(syntax, @2, $1, $4, $5); $$->span = @$; }
  /* mistakes */
  | kind IDENT default_opt      { $$ = build_untyped_param(syntax, @2, $1); }
  | kind IDENT IDENT default_opt
                                { $$ = build_type_first(syntax, syntax_join(@2, @3), @2, @3); }
  | kind IDENT '*' IDENT default_opt
                                { $$ = build_type_first(syntax, syntax_join(@2, @4), @2, @4); }
  ;
kind
  : %empty                      { $$ = AST_PARAM_PLAIN; }
  | VAR                         { $$ = AST_PARAM_VAR; }
  | DATA                        { $$ = AST_PARAM_DATA; }
  | CONST                       { $$ = AST_PARAM_CONST; }
  ;
default_opt
  : %empty                      { $$ = NULL; }
  | '=' expr                    { $$ = $2; }
  ;
ret_opt
  : %empty                      { $$ = NULL; }
  | ARROW type                  { $$ = $2; }
  | ':' type                    { $$ = build_colon_result(syntax, @1, $2); } /* a mistake */
  ;
body
  : block
  | '=' expr                    { $$ = $2; }
  | %empty                      { $$ = NULL; } /* a mistake: build_function names the function */
  ;
rules
  : %empty                      { $$ = list_new(syntax); }
  | rules rule                  { $$ = list_add(syntax, $1, $2); }
  ;
rule
  : WITH IDENT '(' names ')' FATARROW expr
                                { $$ = build_rule(syntax, @$, @2, @4, $4, $7); }
  | WITH IDENT '=' STRING       { $$ = build_rule(syntax, @$, @2, @4, NULL,
                                                  build_string(syntax, @4)); }
  ;

/* ------------------------------------------------------------------ types */

type_opt
  : %empty                      { $$ = NULL; }
  | ':' type                    { $$ = $2; }
  ;
type
  : basetype
  | basetype '[' dims ']'       { $$ = build_with(syntax, AST_TARRAY, @$, @1, $1, $3); }
  | FN '(' types_opt ')' ARROW type
                                { $$ = build_with(syntax, AST_TFN, @$, @1, $6, $3); }
  ;
basetype
  : path dimargs_opt            { $$ = build_type_name(syntax, @$, @1, $1, $2); }
  | '(' fields ')'              { $$ = build_record_type(syntax, @$, $2); }
  ;
dimargs_opt
  : %empty                      { $$ = list_new(syntax); }
  | '<' dims '>'                { $$ = $2; }
  ;
dims
  : sum                         { $$ = list_add(syntax, list_new(syntax), $1); }
  | dims ',' sum                { $$ = list_add(syntax, $1, $3); }
  ;
fields
  : field                       { $$ = list_add(syntax, list_new(syntax), $1); }
  | fields ',' field            { $$ = list_add(syntax, $1, $3); }
  ;
field
  : IDENT ':' type              { $$ = NAMED(AST_FIELDDEF, @$, @1, 1, $3); }
  | type                        { $$ = MAKE(AST_FIELDDEF, @$, @1, 1, $1); }
  ;
types_opt
  : %empty                      { $$ = list_new(syntax); }
  | types
  ;
types
  : type                        { $$ = list_add(syntax, list_new(syntax), $1); }
  | types ',' type              { $$ = list_add(syntax, $1, $3); }
  ;

/* ------------------------------------------------------------- statements */

block
  : '{' stmts '}'               { $$ = build_list(syntax, AST_BLOCK, @$, @1, $2); }
  ;
stmts
  : %empty                      { $$ = list_new(syntax); }
  | stmts stmt NL               { $$ = list_add_statement(syntax, $1, $2); }
  | stmts error SYNC            { $$ = list_add(syntax, $1, MAKE(AST_ERROR, @2, @2, 0)); yyerrok; }
  ;
stmt
  : core
  | attrs core                  { $$ = build_with(syntax, AST_ATTRIBUTED, @$, @2, $2, $1); }
  ;
core
  : LET IDENT type_opt '=' expr { $$ = NAMED(AST_LET, @$, @2, 2, $3, $5); }
  | LET IDENT '[' binders ']' type_opt '=' expr
                                { $$ = NAMED(AST_LETARRAY, @$, @2, 3,
                                             build_list(syntax, AST_LIST, @4, @4, $4), $6, $8); }
  | LET '(' names ')' '=' expr  { $$ = build_with(syntax, AST_LETTUPLE, @$,
                                                  syntax_join(@2, @4), $6, $3); }
  | MUT IDENT type_opt '=' expr { $$ = NAMED(AST_MUT, @$, @2, 2, $3, $5); }
  | REC IDENT '[' binders ']' type_opt '=' expr
                                { $$ = NAMED(AST_REC, @$, @2, 3,
                                             build_list(syntax, AST_LIST, @4, @4, $4), $6, $8); }
  | postfix assignop expr       { $$ = MAKE(AST_ASSIGN, @$, @2, 2, $1, $3); $$->flag = $2; }
  | FOR binders block           { $$ = MAKE(AST_FOR, @$, @1, 3,
                                            build_list(syntax, AST_LIST, @2, @2, $2), NO_NODE,
                                            $3); }
  | FOR binders WHILE expr block
                                { $$ = MAKE(AST_FOR, @$, @1, 3,
                                            build_list(syntax, AST_LIST, @2, @2, $2), $4, $5); }
  | REQUIRE expr                { $$ = MAKE(AST_REQUIRE, @$, @1, 1, $2); }
  | REQUIRE expr ',' STRING     { $$ = build_require(syntax, @$, @1, $2, @4); }
  | expr
  | ifstmt
  /* mistakes */
  | VAR IDENT type_opt '=' expr { $$ = build_foreign_local(syntax, @$, @1, "mut"); }
  | CONST IDENT type_opt '=' expr
                                { $$ = build_foreign_local(syntax, @$, @1, "let"); }
  | LET MUT IDENT type_opt '=' expr
                                { $$ = build_let_mut(syntax, @$, syntax_join(@1, @2)); }
  | WHILE expr block            { $$ = build_while(syntax, @$, @1, @2); }
  | postfix PLUSPLUS            { $$ = build_increment(syntax, @$, @2, @1); }
  | PLUSPLUS postfix            { $$ = build_increment(syntax, @$, @1, @2); }
  ;
binders
  : binder                      { $$ = list_add(syntax, list_new(syntax), $1); }
  | binders ',' binder          { $$ = list_add(syntax, $1, $3); }
  ;
binder
  : IDENT                       { $$ = NAMED(AST_BINDER, @$, @1, 1, NO_NODE); }
  | IDENT IN range              { $$ = NAMED(AST_BINDER, @$, @1, 1, $3); }
  ;
assignop
  : '='                         { $$ = AST_SET; }
  | ADDEQ                       { $$ = AST_ADD_SET; }
  | SUBEQ                       { $$ = AST_SUB_SET; }
  | MULEQ                       { $$ = AST_MUL_SET; }
  | DIVEQ                       { $$ = AST_DIV_SET; }
  ;
range /* half open; a bare `n` means 0..n */
  : expr                        { $$ = build_range(syntax, @$, @1, NULL, $1, NULL);
                                  $$->flag = AST_RANGE_UPTO; }
  | expr DOTDOT expr            { $$ = build_range(syntax, @$, @2, $1, $3, NULL); }
  | expr DOTDOT expr DOTDOT expr
                                { $$ = build_range(syntax, @$, @2, $1, $3, $5); }
  ;

/* ------------------------------------------------------------ expressions */

expr
  : orx
  | ifthen
  | ifblk
  | lambda
  | orx '?' expr ':' expr /* a mistake */
                                { $$ = build_conditional(syntax, @$, @2, @1, @3, @5); }
  ;
ifthen
  : IF expr THEN expr ELSE expr { $$ = MAKE(AST_IF, @$, @1, 3, $2, $4, $6); }
  ;
ifblk
  : IF expr block ELSE block    { $$ = MAKE(AST_IF, @$, @1, 3, $2, $3, $5); }
  | IF expr block ELSE ifblk    { $$ = MAKE(AST_IF, @$, @1, 3, $2, $3, $5); }
  ;
ifstmt /* no value: a statement only */
  : IF expr block               { $$ = MAKE(AST_IFSTMT, @$, @1, 3, $2, $3, NO_NODE); }
  | IF expr block ELSE ifstmt   { $$ = MAKE(AST_IFSTMT, @$, @1, 3, $2, $3, $5); }
  ;
lambda
  : FN '(' lparams ')' FATARROW expr
                                { $$ = build_list(syntax, AST_LAMBDA, @$, @1,
                                                  list_add(syntax, $3, $6)); }
  /* mistakes */
  | IDENT FATARROW expr         { $$ = build_bare_lambda(syntax, @$, @1, @3); }
  | '(' args ')' FATARROW expr  { $$ = build_bare_lambda(syntax, @$, @2, @5); }
  ;
lparams
  : lparam                      { $$ = list_add(syntax, list_new(syntax), $1); }
  | lparams ',' lparam          { $$ = list_add(syntax, $1, $3); }
  ;
lparam
  : IDENT type_opt              { $$ = NAMED(AST_LPARAM, @$, @1, 1, $2); }
  ;
orx
  : andx
  | orx OR andx                 { $$ = MAKE(AST_OR, @$, @2, 2, $1, $3); }
  ;
andx
  : notx
  | andx AND notx               { $$ = MAKE(AST_AND, @$, @2, 2, $1, $3); }
  ;
notx
  : cmp
  | NOT notx                    { $$ = MAKE(AST_NOT, @$, @1, 1, $2); }
  ;
cmp
  : sum
  | chain
  ;
chain
  : sum cmpop sum               { $$ = build_node(syntax, $2, @$, @2, 2, $1, $3); }
  | chain cmpop sum             { $$ = build_chain(syntax, @$, @2, $1, $3); } /* a mistake */
  ;
cmpop
  : EQ                          { $$ = AST_EQ; }
  | NE                          { $$ = AST_NE; }
  | LE                          { $$ = AST_LE; }
  | GE                          { $$ = AST_GE; }
  | '<'                         { $$ = AST_LT; }
  | '>'                         { $$ = AST_GT; }
  ;
sum
  : term
  | sum '+' term                { $$ = MAKE(AST_ADD, @$, @2, 2, $1, $3); }
  | sum '-' term                { $$ = MAKE(AST_SUB, @$, @2, 2, $1, $3); }
  ;
term
  : unary
  | term '*' unary              { $$ = MAKE(AST_MUL, @$, @2, 2, $1, $3); }
  | term '/' unary              { $$ = MAKE(AST_DIV, @$, @2, 2, $1, $3); }
  | term '@' unary              { $$ = MAKE(AST_MATMUL, @$, @2, 2, $1, $3); }
  | term DIV unary              { $$ = MAKE(AST_IDIV, @$, @2, 2, $1, $3); }
  | term MOD unary              { $$ = MAKE(AST_MOD, @$, @2, 2, $1, $3); }
  ;
unary
  : pow
  | '-' unary                   { $$ = MAKE(AST_NEG, @$, @1, 1, $2); }
  | '+' unary                   { $$ = build_plus(syntax, @1, $2); } /* a mistake */
  ;
pow /* right associative; -x^2 is -(x^2), and x^-2 is allowed */
  : postfix
  | postfix '^' unary           { $$ = MAKE(AST_POW, @$, @2, 2, $1, $3); }
  ;
postfix
  : primary
  | postfix '(' ')'             { $$ = build_call(syntax, @$, $1, list_new(syntax)); }
  | postfix '(' args ')'        { $$ = build_call(syntax, @$, $1, $3); }
  | postfix '(' arglist filter ':' expr ')'
                                { $$ = build_reduce(syntax, @$, @3, &(struct build_reduce){
                                      $1, $3, $4, $6}); }
  | postfix '[' indices ']'     { $$ = build_with(syntax, AST_INDEX, @$, syntax_join(@2, @4),
                                                  $1, $3); }
  | postfix '.' IDENT           { $$ = NAMED(AST_FIELD, @$, @3, 1, $1); }
  | postfix '\''                { $$ = MAKE(AST_TRANSPOSE, @$, @2, 1, $1); }
  ;
primary
  : INT                         { $$ = build_int(syntax, @1); }
  | REAL                        { $$ = build_real(syntax, @1); }
  | STRING                      { $$ = build_string(syntax, @1); }
  | TRUE                        { $$ = MAKE(AST_TRUE, @1, @1, 0); }
  | FALSE                       { $$ = MAKE(AST_FALSE, @1, @1, 0); }
  | IDENT                       { $$ = build_name(syntax, @1); }
  | BAD                         { $$ = MAKE(AST_ERROR, @1, @1, 0); }
  | '(' args ')'                { $$ = build_tuple(syntax, @$, $2); }
  | '[' args ']'                { $$ = build_array(syntax, @$, @1, $2); }
  | '[' arglist filter ':' expr ']'
                                { $$ = build_reduce(syntax, @$, @2, &(struct build_reduce){
                                      NULL, $2, $3, $5}); }
  | block
  ;
args
  : arglist
  | arglist ','
  ;
arglist
  : arg                         { $$ = list_add(syntax, list_new(syntax), $1); }
  | arglist ',' arg             { $$ = list_add(syntax, $1, $3); }
  ;
arg
  : expr
  | expr IN range               { $$ = build_in(syntax, @$, @2, $1, $3); }
  | expr DOTDOT expr            { $$ = build_range(syntax, @$, @2, $1, $3, NULL); }
  | IDENT '=' expr              { $$ = NAMED(AST_NAMED, @$, @1, 1, $3); }
  ;
filter
  : %empty                      { $$ = NULL; }
  | IF expr                     { $$ = $2; }
  | ',' IF expr                 { $$ = build_comma_filter(syntax, @1, $3); } /* a mistake */
  ;
indices
  : index                       { $$ = list_add(syntax, list_new(syntax), $1); }
  | indices ',' index           { $$ = list_add(syntax, $1, $3); }
  ;
index
  : expr
  | ':'                         { $$ = MAKE(AST_ALL, @1, @1, 0); }
  | expr DOTDOT expr            { $$ = build_range(syntax, @$, @2, $1, $3, NULL); }
  | expr DOTDOT expr DOTDOT expr
                                { $$ = build_range(syntax, @$, @2, $1, $3, $5); }
  | expr DOTDOT                 { $$ = build_range(syntax, @$, @2, $1, NULL, NULL); }
  | DOTDOT expr                 { $$ = build_range(syntax, @$, @1, NULL, $2, NULL); }
  ;
%%
static int syntax_lex(SYNTAX_STYPE *value, struct adc_span *span, struct syntax *parse)
{
    struct layout_token token = layout_next(parse);
    value->text = token.text;
    *span = token.span;
    return token.code;
}

/* Bison calls this for exhaustion alone; syntax errors go to yyreport_syntax_error. */
static void syntax_error(struct adc_span *span, struct syntax *parse, const char *message)
{
    (void)message;
    syntax_report_depth(parse, *span, SYNTAX_MOST_SYMBOLS);
}

static int yyreport_syntax_error(const yypcontext_t *context, struct syntax *parse)
{
    struct syntax_expected expected = {{false}};
    yysymbol_kind_t kinds[YYNTOKENS];
    int count = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
    bool wanted[YYNTOKENS] = {false};
    for (int i = 0; i < count; i++) wanted[kinds[i]] = true;
    for (int code = 0; code <= YYMAXUTOK; code++)
        if (YYTRANSLATE(code) != YYSYMBOL_YYUNDEF) expected.token[code] = wanted[YYTRANSLATE(code)];
    syntax_report_unexpected(parse, &expected);
    layout_recover(parse);
    return 0;
}
