/* Mangling of source names and scopes of C names. */
#include "backend/c_names.h"

#include <string.h>

/* Longer names are cut and told apart by a hash: lines of generated code stay bounded. */
enum { MAX_NAME = 200 };

/* What no identifier may be: keywords of C (up to C23) and C++ (up to C++20), macros of the
 * headers that generated code includes and of compilers in their default mode, functions of
 * <math.h> and <stdlib.h> with the names that POSIX adds to them, types of <stdint.h>. In pieces,
 * as literals are limited. */
static const char *const words_anywhere[] = {
    "auto break case char const continue default do double else enum extern float for goto if "
    "inline "
    "int long register restrict return short signed sizeof static struct switch typedef union "
    "unsigned void volatile while alignas alignof bool complex constexpr false imaginary noreturn "
    "nullptr static_assert thread_local true typeof typeof_unqual asm atomic fortran generic",
    "and and_eq bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield "
    "compl "
    "concept consteval constinit const_cast decltype delete dynamic_cast explicit export friend "
    "mutable namespace new noexcept not not_eq operator or or_eq private protected public "
    "reinterpret_cast requires static_cast template this throw try typeid typename using virtual "
    "wchar_t xor xor_eq import module final override reflexpr synchronized",
    "NULL EOF errno linux unix I INFINITY NAN HUGE_VAL HUGE_VALF HUGE_VALL HUGE MAXFLOAT OVERFLOW "
    "UNDERFLOW DOMAIN SING PLOSS TLOSS FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL FP_NORMAL FP_ILOGB0 "
    "FP_ILOGBNAN FP_FAST_FMA FP_FAST_FMAF FP_FAST_FMAL MATH_ERRNO MATH_ERREXCEPT math_errhandling "
    "M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2 "
    "M_SQRT1_2 "
    "EXIT_SUCCESS EXIT_FAILURE RAND_MAX MB_CUR_MAX SIZE_MAX PTRDIFF_MAX PTRDIFF_MIN WCHAR_MAX "
    "WCHAR_MIN WINT_MAX WINT_MIN SIG_ATOMIC_MAX SIG_ATOMIC_MIN INT8_MAX INT8_MIN UINT8_MAX "
    "INT16_MAX "
    "INT16_MIN UINT16_MAX INT32_MAX INT32_MIN UINT32_MAX INT64_MAX INT64_MIN UINT64_MAX INTPTR_MAX "
    "INTPTR_MIN UINTPTR_MAX INTMAX_MAX INTMAX_MIN UINTMAX_MAX INT8_C INT16_C INT32_C INT64_C "
    "UINT8_C "
    "UINT16_C UINT32_C UINT64_C INTMAX_C UINTMAX_C",
    "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t intmax_t "
    "uintmax_t int_least8_t int_least16_t int_least32_t int_least64_t int_fast8_t int_fast16_t "
    "int_fast32_t int_fast64_t uint_least8_t uint_least16_t uint_least32_t uint_least64_t "
    "uint_fast8_t uint_fast16_t uint_fast32_t uint_fast64_t size_t ssize_t ptrdiff_t max_align_t "
    "nullptr_t offsetof float_t double_t div_t ldiv_t lldiv_t locale_t",
    "acos acosf acosl acosh acoshf acoshl asin asinf asinl asinh asinhf asinhl atan atanf atanl "
    "atan2 "
    "atan2f atan2l atanh atanhf atanhl cbrt cbrtf cbrtl ceil ceilf ceill copysign copysignf "
    "copysignl "
    "cos cosf cosl cosh coshf coshl erf erff erfl erfc erfcf erfcl exp expf expl exp2 exp2f exp2l "
    "exp10 exp10f exp10l expm1 expm1f expm1l fabs fabsf fabsl fdim fdimf fdiml floor floorf floorl "
    "fma fmaf fmal fmax fmaxf fmaxl fmin fminf fminl fmod fmodf fmodl fpclassify frexp frexpf "
    "frexpl "
    "hypot hypotf hypotl ilogb ilogbf ilogbl isfinite isgreater isgreaterequal isinf isless "
    "islessequal islessgreater isnan isnormal isunordered iseqsig issignaling iszero ldexp ldexpf "
    "ldexpl lgamma lgammaf lgammal llrint llrintf llrintl llround llroundf llroundl log logf logl "
    "log10 log10f log10l log1p log1pf log1pl log2 log2f log2l logb logbf logbl",
    "lrint lrintf lrintl lround lroundf lroundl modf modff modfl nan nanf nanl nearbyint "
    "nearbyintf "
    "nearbyintl nextafter nextafterf nextafterl nexttoward nexttowardf nexttowardl nextup nextdown "
    "pow powf powl remainder remainderf remainderl remquo remquof remquol rint rintf rintl round "
    "roundf roundl roundeven scalbln scalblnf scalblnl scalbn scalbnf scalbnl signbit sin sinf "
    "sinl "
    "sincos sinh sinhf sinhl sqrt sqrtf sqrtl tan tanf tanl tanh tanhf tanhl tgamma tgammaf "
    "tgammal "
    "trunc truncf truncl canonicalize fadd fdiv ffma fmul fsub fsqrt fromfp ufromfp llogb "
    "totalorder "
    "getpayload setpayload isinff isnanf finite finitef drem dremf gamma gammaf gammal significand "
    "j0 j0f j1 j1f jn jnf y0 y0f y1 y1f yn ynf scalb scalbf signgam lgamma_r lgammaf_r",
    "abort abs aligned_alloc at_quick_exit atexit atof atoi atol atoll bsearch calloc div exit "
    "free "
    "getenv labs ldiv llabs lldiv malloc mblen mbstowcs mbtowc qsort quick_exit rand realloc srand "
    "strtod strtof strtol strtold strtoll strtoul strtoull system wcstombs wctomb random srandom "
    "drand48 memchr memcmp memcpy memmove memset strcat strchr strcmp strcoll strcpy strcspn "
    "strerror "
    "strlen strncat strncmp strncpy strpbrk strrchr strspn strstr strtok strxfrm",
};

/* What an external function may not be called in addition: other names of the C library and POSIX
 * that a program is likely to link or declare. */
static const char *const words_functions[] = {
    "main assert clearerr fclose feof ferror fflush fgetc fgetpos fgets fopen fprintf "
    "fputc fputs fread freopen fscanf fseek fsetpos ftell fwrite getc getchar gets perror printf "
    "putc "
    "putchar puts remove rename rewind scanf setbuf setvbuf snprintf sprintf sscanf tmpfile tmpnam "
    "ungetc vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf stdin stdout stderr isalnum "
    "isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit "
    "tolower "
    "toupper setlocale localeconv longjmp setjmp raise signal asctime clock ctime difftime gmtime "
    "localtime mktime strftime time timespec_get",
    "accept access alarm basename bcmp bcopy bind bzero chdir chmod chown close closedir connect "
    "creat crypt daemon dirname dup dup2 environ execl execv execve fchmod fcntl ffs fileno fork "
    "fstat ftok ftruncate getcwd getdate getegid getgid getline getopt getpid getuid htonl htons "
    "index ioctl isatty kill link listen lseek lstat mkdir mkfifo mknod mmap mount mprotect munmap "
    "nice ntohl ntohs open opendir pause pipe poll popen read readdir readlink recv regcomp "
    "regexec "
    "rindex rmdir select send setenv shutdown sigaction sleep socket stat step strdup strsep "
    "strtok_r "
    "swab symlink sync syslog tempnam times truncate ttyname umask uname unlink usleep utime vfork "
    "wait waitpid write acl brk sbrk data_start edata end etext environ optarg optind opterr "
    "optopt "
    "cabs cacos carg casin catan ccos cexp cimag clog conj cpow cproj creal csin csqrt ctan",
};

static void add_words(struct c_words *words, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, " ");
        adc_name(&words->names, text, length);
        text += length + (text[length] == ' ');
    }
}

void c_words_init(struct c_words *words, struct adc_arena *arena)
{
    adc_names_init(&words->names, arena);
    for (size_t i = 0; i < sizeof words_anywhere / sizeof *words_anywhere; i++)
        add_words(words, words_anywhere[i]);
    words->anywhere = words->names.count;
    for (size_t i = 0; i < sizeof words_functions / sizeof *words_functions; i++)
        add_words(words, words_functions[i]);
    words->total = words->names.count;
    adc_names_init(&words->own, arena);
    words->own_count = 0;
}

void c_words_reserve(struct c_words *words, const char *name)
{
    adc_name_of(&words->own, name);
    words->own_count = words->own.count;
}

bool c_is_reserved(struct c_words *words, const char *name, size_t length, enum c_use use)
{
    if (length >= 4 && !memcmp(name, "ADC_", 4)) return true; /* macros of the generated files */
    uint32_t number = adc_name(&words->names, name, length)->number;
    if (use == C_FUNCTION) return number < words->total;
    return number < words->anywhere ||
           adc_name(&words->own, name, length)->number < words->own_count;
}

/* Code point of a well-formed UTF-8 sequence; *text goes behind it. */
static uint32_t next_point(const unsigned char **text)
{
    unsigned lead = *(*text)++;
    unsigned more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    uint32_t point = lead & (0xFFu >> (more ? more + 2 : 0));
    for (; more && (**text & 0xC0) == 0x80; more--) point = point << 6 | (*(*text)++ & 0x3Fu);
    return point;
}

static void put_hex(struct adc_text *out, uint32_t value, int digits)
{
    while (digits < 8 && value >> (4 * digits)) digits++;
    while (digits-- > 0) adc_text_put(out, &"0123456789ABCDEF"[value >> (4 * digits) & 15], 1);
}

/* Letters, digits and `_` of C only. An escape shares the `_` before it; none opens a name. */
static void put_ascii(struct adc_text *out, const char *source)
{
    const unsigned char *at = (const unsigned char *)source;
    while (*at) {
        if (*at < 0x80) {
            adc_text_put(out, (const char *)at++, 1);
            continue;
        }
        bool parted = !out->count || out->data[out->count - 1] == '_';
        adc_text_add(out, parted ? "u" : "_u");
        put_hex(out, next_point(&at), 4);
        adc_text_add(out, "_");
    }
}

static bool own_ending(const char *name, size_t length)
{
    return length >= 2 && name[length - 1] == '_' && name[length - 2] == '_' &&
           (length == 2 || name[length - 3] != '_');
}

const char *c_mangle(struct c_words *words, const char *source, enum c_use use)
{
    struct adc_text out;
    adc_text_init(&out, words->names.arena);
    bool reserved_start = source[0] == '_' && (use == C_FUNCTION || source[1] == '_' ||
                                               (source[1] >= 'A' && source[1] <= 'Z'));
    if (reserved_start) adc_text_add(&out, "v");
    put_ascii(&out, source);
    if (out.count > MAX_NAME) {
        out.data[MAX_NAME - 10] = '\0';
        out.count = MAX_NAME - 10;
        adc_text_add(&out, "_");
        put_hex(&out, adc_hash(source, strlen(source), 0), 8);
    }
    if (own_ending(out.data, out.count) || c_is_reserved(words, out.data, out.count, use))
        adc_text_add(&out, "_");
    return out.data;
}

void c_scope_init(struct c_scope *scope, struct c_words *words)
{
    *scope = (struct c_scope){.words = words};
    adc_names_init(&scope->taken, words->names.arena);
}

/* The entry of a name; *fresh tells whether it was free until now. */
static const struct adc_name *enter(struct c_scope *scope, const char *name, bool *fresh)
{
    uint32_t before = scope->taken.count;
    const struct adc_name *entry = adc_name_of(&scope->taken, name);
    *fresh = scope->taken.count != before;
    if (*fresh) ADC_PUSH(scope->taken.arena, scope->next, 2);
    return entry;
}

bool c_take(struct c_scope *scope, const char *name)
{
    bool fresh;
    enter(scope, name, &fresh);
    return fresh;
}

const char *c_claim(struct c_scope *scope, const char *source)
{
    const char *base = c_mangle(scope->words, source, C_LOCAL);
    bool fresh;
    const struct adc_name *entry = enter(scope, base, &fresh);
    for (uint32_t number = entry->number; !fresh;) {
        struct adc_text text;
        adc_text_init(&text, scope->taken.arena);
        adc_text_format(&text, "%s_%u", base, scope->next.data[number]++);
        entry = enter(scope, text.data, &fresh);
    }
    return entry->text;
}
