# adc_add_library(NAME FILE.ad... [STATIC | SHARED | OBJECT] [DERIVE PRODUCT...] [WRT PARAMETER...] [OF RESULT]
#                 [CONST NAME=VALUE...] [PREFIX TEXT] [INCLUDE FOLDER...] [OPTIONS OPTION...])
#
# A library of what `adc build` makes of the files. Headers are on the include path of whoever links NAME, at the
# place their source has below the current folder: fit/model.ad is "fit/model.h". What the words mean is said in
# docs/build-integration.md.
#
# For each file one rule, whose output is a stamp: adc leaves outputs alone that would not change, and the stamp is
# newer than its sources all the same, so that make has nothing left to do either. The rules belong to a target of
# their own, NAME_adc, which is brought up to date before the first object is compiled. Options lie in a file that is
# written anew when they change, on which the rule depends.

# Policies here are those of adc, not of the project that includes this.
cmake_policy(PUSH)
cmake_policy(VERSION 3.25)
# Ninja reads what adc writes; rewritten by CMake, a # would lose its backslash.
cmake_policy(SET CMP0116 OLD)

# adc::adc is this program.
function(adc_use_executable path)
    add_executable(adc::adc IMPORTED GLOBAL)
    set_target_properties(adc::adc PROPERTIES IMPORTED_LOCATION "${path}")
endfunction()

# The path of a source below the folder of outputs, without its ending.
function(adc_place out source)
    set(place)
    foreach(folder "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}")
        cmake_path(IS_PREFIX folder "${source}" NORMALIZE below)
        if(below)
            cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${folder}" OUTPUT_VARIABLE place)
        endif()
    endforeach()
    if("${place}" STREQUAL "")
        cmake_path(GET source FILENAME place)
    endif()
    cmake_path(REMOVE_EXTENSION place LAST_ONLY)
    set(${out} "${place}" PARENT_SCOPE)
endfunction()

# The rule of one file; `options` is a list of arguments.
function(adc_rule source output options)
    cmake_path(GET output PARENT_PATH folder)
    file(MAKE_DIRECTORY "${folder}")
    list(JOIN options "\n" text)
    file(CONFIGURE OUTPUT "${output}.options" CONTENT "@text@\n" @ONLY)
    file(RELATIVE_PATH shown "${CMAKE_SOURCE_DIR}" "${source}")
    set(dependent "${output}.stamp")
    if(CMAKE_GENERATOR MATCHES "Ninja") # by the name that the rule has there
        file(RELATIVE_PATH dependent "${CMAKE_BINARY_DIR}" "${dependent}")
    endif()
    add_custom_command(OUTPUT "${output}.stamp"
        BYPRODUCTS "${output}.c" "${output}.h"
        COMMAND adc::adc build "${source}" -o "${output}.c" ${options} -MF "${output}.d" -MT "${dependent}"
        COMMAND ${CMAKE_COMMAND} -E touch "${output}.stamp"
        DEPENDS adc::adc "${source}" "${output}.options"
        DEPFILE "${output}.d"
        COMMENT "adc build ${shown}"
        VERBATIM)
endfunction()

# What emitted C asks of its compiler, and what it must be spared.
function(adc_c_properties name sources)
    set_source_files_properties(${sources} PROPERTIES GENERATED ON SKIP_AUTOGEN ON
        SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
    # Behind the flags of the project: the text refuses -ffast-math, which takes its NaN tests away.
    target_compile_options(${name} PRIVATE
        $<$<AND:$<COMPILE_LANGUAGE:C>,$<C_COMPILER_ID:GNU,Clang,AppleClang>>:-fno-fast-math>)
    target_compile_features(${name} PRIVATE c_std_99)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON WINDOWS_EXPORT_ALL_SYMBOLS ON)
    get_target_property(type ${name} TYPE)
    if(type STREQUAL "SHARED_LIBRARY")
        set_target_properties(${name} PROPERTIES C_VISIBILITY_PRESET default)
    endif()
    if(UNIX)
        target_link_libraries(${name} PUBLIC m)
    endif()
endfunction()

# The arguments of `adc build` that the words of adc_add_library stand for.
macro(adc_collect_options)
    set(options)
    foreach(word DERIVE WRT)
        if(arg_${word})
            string(TOLOWER "--${word}" option)
            list(JOIN arg_${word} "," value)
            list(APPEND options ${option} "${value}")
        endif()
    endforeach()
    foreach(word OF PREFIX)
        if(arg_${word})
            string(TOLOWER "--${word}" option)
            list(APPEND options ${option} "${arg_${word}}")
        endif()
    endforeach()
    foreach(value IN LISTS arg_CONST)
        list(APPEND options --const "${value}")
    endforeach()
    foreach(folder IN LISTS arg_INCLUDE)
        cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
        list(APPEND options -I "${folder}")
    endforeach()
    list(APPEND options ${arg_OPTIONS})
endmacro()

function(adc_add_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "STATIC;SHARED;OBJECT" "OF;PREFIX"
        "DERIVE;WRT;CONST;INCLUDE;OPTIONS")
    set(call "adc_add_library(${name})")
    if(NOT TARGET adc::adc)
        message(FATAL_ERROR "${call}: there is no adc that runs here; -D ADC_EXECUTABLE=/path/to/adc names one")
    endif()
    get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
    if(NOT "C" IN_LIST languages)
        message(FATAL_ERROR "${call}: the language C is not enabled: write project(... LANGUAGES C)")
    endif()
    if(NOT arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${call}: no .ad file")
    endif()
    if(arg_KEYWORDS_MISSING_VALUES)
        message(FATAL_ERROR "${call}: nothing behind ${arg_KEYWORDS_MISSING_VALUES}")
    endif()
    set(kind)
    foreach(word STATIC SHARED OBJECT)
        if(arg_${word} AND kind)
            message(FATAL_ERROR "${call}: ${kind} and ${word} exclude each other")
        elseif(arg_${word})
            set(kind ${word})
        endif()
    endforeach()
    adc_collect_options()
    set(root "${CMAKE_CURRENT_BINARY_DIR}/${name}.adc")
    set(sources)
    set(headers)
    set(stamps)
    foreach(file IN LISTS arg_UNPARSED_ARGUMENTS)
        cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
        cmake_path(GET file EXTENSION LAST_ONLY ending)
        if(NOT ending STREQUAL ".ad")
            message(FATAL_ERROR "${call}: ${file} is no word of it and does not end in .ad")
        endif()
        adc_place(place "${file}")
        if("${root}/${place}.c" IN_LIST sources)
            message(FATAL_ERROR "${call}: two files would both be ${place}.h; give each a library of its own")
        endif()
        adc_rule("${file}" "${root}/${place}" "${options}")
        list(APPEND sources "${root}/${place}.c")
        list(APPEND headers "${root}/${place}.h")
        list(APPEND stamps "${root}/${place}.stamp")
    endforeach()
    add_custom_target(${name}_adc DEPENDS ${stamps})
    add_library(${name} ${kind} ${sources})
    add_dependencies(${name} ${name}_adc)
    target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS "${root}" FILES ${headers})
    adc_c_properties(${name} "${sources}")
    if("--openmp" IN_LIST options) # without the compiler's own option its loops would run on one thread
        find_package(OpenMP REQUIRED COMPONENTS C)
        target_link_libraries(${name} PRIVATE OpenMP::OpenMP_C)
    endif()
endfunction()

cmake_policy(POP)
