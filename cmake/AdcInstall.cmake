# What `cmake --install` puts into a prefix, and the names under which other projects see it:
#
#     bin/adc                       adc::adc
#     lib/libadc.so, libadc.a       adc::runtime, adc::runtime_static: what runtime/adc.h declares, and no other symbol
#     include/adc/adc.h, adc.hpp
#     lib/libadc_llvm.so            opened by the two above for native code, where LLVM was found
#     lib/cmake/adc, lib/pkgconfig  find_package(adc), pkg-config adc
#     share/man/man1/adc.1, share/doc/adc
#
# The prefix may be moved: everything finds the rest by its own place.
#
# The library's objects call each other by names that all begin like the public ones or like nothing in particular.
# The shared library hides them by a version script. An archive has no such thing: its members are linked into one
# object first, in which all names but the public ones are made local.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Before 1.0 a minor version may change the interface.
set(ADC_SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(ADC_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/adc)

set(headers)
foreach(header adc.h adc.hpp)
    if(EXISTS ${PROJECT_SOURCE_DIR}/runtime/${header})
        configure_file(runtime/${header} ${PROJECT_BINARY_DIR}/include/adc/${header} COPYONLY)
        list(APPEND headers ${PROJECT_BINARY_DIR}/include/adc/${header})
    endif()
endforeach()

# The functions that adc.h declares: adc_NAME followed by a bracket, comments left out.
function(adc_public_functions out)
    file(READ ${PROJECT_SOURCE_DIR}/runtime/adc.h text)
    string(REPLACE ";" " " text "${text}")
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" " " text "${text}")
    string(REGEX MATCHALL "adc_[a-z0-9_]+[ \n]*\\(" functions "${text}")
    list(TRANSFORM functions REPLACE "[ \n]*\\($" "")
    list(REMOVE_DUPLICATES functions)
    list(SORT functions)
    set(${out} ${functions} PARENT_SCOPE)
endfunction()

set(objects)
set(folders) # whose objects they are: commands that take files of other targets wait for targets by name alone
foreach(folder base ir frontend passes backend runtime)
    if(TARGET adc_${folder})
        list(APPEND folders adc_${folder})
        list(APPEND objects $<TARGET_OBJECTS:adc_${folder}>)
    endif()
endforeach()

# What both libraries need where they are linked, and what those who link them see.
function(adc_runtime_properties target name)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME adc EXPORT_NAME ${name} LINKER_LANGUAGE C)
    target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    add_library(adc::${name} ALIAS ${target})
    if(ADC_SANITIZE)
        target_link_options(${target} PUBLIC -fsanitize=${ADC_SANITIZE})
    endif()
    if(ADC_COVERAGE)
        target_link_options(${target} PUBLIC --coverage)
    endif()
endfunction()

function(adc_shared_library functions)
    list(JOIN functions ";\n        " text)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/adc.map
        CONTENT "ADC_@ADC_SOVERSION@ {\n    global:\n        @text@;\n    local: *;\n};\n" @ONLY)
    add_library(adc_shared SHARED ${objects})
    adc_runtime_properties(adc_shared runtime)
    set_target_properties(adc_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${ADC_SOVERSION}
        LINK_DEPENDS ${PROJECT_BINARY_DIR}/generated/adc.map LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}
        BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN")
    target_link_options(adc_shared PRIVATE -Wl,--version-script=${PROJECT_BINARY_DIR}/generated/adc.map
        -Wl,-Bsymbolic-functions)
    target_link_libraries(adc_shared PRIVATE m ${CMAKE_DL_LIBS})
endfunction()

function(adc_static_library functions)
    set(whole ${PROJECT_BINARY_DIR}/generated/adc.o)
    list(JOIN functions "\n" text)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/adc.symbols CONTENT "@text@\n" @ONLY)
    add_custom_command(OUTPUT ${whole}
        COMMAND ${CMAKE_LINKER} -r -o ${whole} ${objects}
        COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${PROJECT_BINARY_DIR}/generated/adc.symbols ${whole}
        DEPENDS ${folders} ${objects} ${PROJECT_BINARY_DIR}/generated/adc.symbols
        COMMENT "Hiding what is not public in libadc.a" COMMAND_EXPAND_LISTS VERBATIM)
    set_source_files_properties(${whole} PROPERTIES GENERATED ON EXTERNAL_OBJECT ON)
    add_library(adc_static STATIC ${whole})
    adc_runtime_properties(adc_static runtime_static)
    set_target_properties(adc_static PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    target_link_libraries(adc_static PUBLIC m ${CMAKE_DL_LIBS})
endfunction()

set(libraries)
if(headers)
    adc_public_functions(functions)
    adc_shared_library("${functions}")
    adc_static_library("${functions}")
    list(APPEND libraries adc_shared adc_static)
    install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/adc)
    install(TARGETS ${libraries} EXPORT adcTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT adcTargets NAMESPACE adc:: DESTINATION ${ADC_CMAKE_DIR})
    file(RELATIVE_PATH ADC_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
    string(REGEX REPLACE "/$" "" ADC_PC_PREFIX ${ADC_PC_PREFIX})
    configure_file(cmake/adc.pc.in ${PROJECT_BINARY_DIR}/generated/adc.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/generated/adc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

file(RELATIVE_PATH way_to_libraries /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
set_target_properties(adc PROPERTIES INSTALL_RPATH "$ORIGIN/${way_to_libraries}")
install(TARGETS adc RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
add_executable(adc::adc ALIAS adc)
if(TARGET adc_llvm)
    install(TARGETS adc_llvm LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

configure_package_config_file(cmake/adcConfig.cmake.in ${PROJECT_BINARY_DIR}/generated/adcConfig.cmake
    INSTALL_DESTINATION ${ADC_CMAKE_DIR} PATH_VARS CMAKE_INSTALL_BINDIR
    NO_SET_AND_CHECK_MACRO)
# The compiler serves every architecture; what a library is for, adcConfig.cmake looks at.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/generated/adcConfigVersion.cmake
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/generated/adcConfig.cmake
    ${PROJECT_BINARY_DIR}/generated/adcConfigVersion.cmake cmake/AdcAddLibrary.cmake DESTINATION ${ADC_CMAKE_DIR})

# The page is adc's own text, so that it lists the options there are.
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/adc.1
    COMMAND adc --man > ${PROJECT_BINARY_DIR}/adc.1 DEPENDS adc VERBATIM)
add_custom_target(adc_man ALL DEPENDS ${PROJECT_BINARY_DIR}/adc.1)
install(FILES ${PROJECT_BINARY_DIR}/adc.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(GLOB documents CONFIGURE_DEPENDS docs/*.md)
install(FILES LICENSE README.md ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})
