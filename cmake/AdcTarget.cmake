# adc_library(NAME [EXCEPT REGEX] [DEPENDS TARGET...] [GENERATED FILE...])
#
# A static library of all *.c of the current folder but those whose names match EXCEPT. Sources are found when configuring and again before
# every build (CONFIGURE_DEPENDS), so that a new file needs no edit here. A folder without sources gives
# no target; dependencies on such a target are left out.

add_library(adc_flags INTERFACE)
target_compile_options(adc_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${ADC_WERROR}>:-Werror>)
# The compiler promises IEEE results: never contract or reassociate its own arithmetic.
target_compile_options(adc_flags INTERFACE -ffp-contract=off)
target_include_directories(adc_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(adc_flags INTERFACE ADC_VERSION="${PROJECT_VERSION}")
if(ADC_SANITIZE)
    target_compile_options(adc_flags INTERFACE -fsanitize=${ADC_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(adc_flags INTERFACE -fsanitize=${ADC_SANITIZE})
endif()
if(ADC_COVERAGE)
    target_compile_options(adc_flags INTERFACE --coverage)
    target_link_options(adc_flags INTERFACE --coverage)
endif()

function(adc_depend target)
    target_link_libraries(${target} PUBLIC adc_flags)
    foreach(other IN LISTS ARGN)
        if(TARGET ${other})
            target_link_libraries(${target} PUBLIC ${other})
        endif()
    endforeach()
endfunction()

# An optimised twin NAME_plain without sanitizers is built beside NAME when tests are: they look at its objects
# and measure the compiler made of it.
add_library(adc_plain_flags INTERFACE)
target_compile_options(adc_plain_flags INTERFACE -O2 -DNDEBUG -ffp-contract=off)
target_include_directories(adc_plain_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(adc_plain_flags INTERFACE ADC_VERSION="${PROJECT_VERSION}")

function(adc_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXCEPT" "DEPENDS;GENERATED")
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    if(arg_EXCEPT)
        list(FILTER sources EXCLUDE REGEX "/(${arg_EXCEPT})$")
    endif()
    if(NOT sources)
        return()
    endif()
    add_library(${name} STATIC ${sources} ${arg_GENERATED})
    adc_depend(${name} ${arg_DEPENDS})
    if(arg_GENERATED)
        # one rule for two targets: without this, make would run it twice at a time
        add_custom_target(${name}_generated DEPENDS ${arg_GENERATED})
        add_dependencies(${name} ${name}_generated)
    endif()
    if(BUILD_TESTING)
        add_library(${name}_plain OBJECT ${sources} ${arg_GENERATED})
        target_link_libraries(${name}_plain PRIVATE adc_plain_flags)
        if(arg_GENERATED)
            add_dependencies(${name}_plain ${name}_generated)
        endif()
        set_property(GLOBAL APPEND PROPERTY ADC_PLAIN ${name}_plain)
    endif()
endfunction()
