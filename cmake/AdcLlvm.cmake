# Finds LLVM and sets ADC_HAS_LLVM. Without LLVM everything but native code is there, and asking for it says so.
#
# LLVM's version file wants major and minor version equal.
#
# adc_llvm_library(NAME FOLDER SOURCE...) makes the shared library that holds all use of LLVM, in that folder.

set(ADC_HAS_LLVM OFF)
foreach(version 19.1 22.1 21.1 20.1 18.1 17.0 16.0)
    if(ADC_LLVM_VERSION AND NOT version MATCHES "^${ADC_LLVM_VERSION}\\.")
        continue()
    endif()
    find_package(LLVM ${version} QUIET CONFIG)
    if(LLVM_FOUND)
        break()
    endif()
endforeach()
find_program(ADC_LLC llc PATHS ${LLVM_TOOLS_BINARY_DIR} NO_DEFAULT_PATH)
if(LLVM_FOUND AND ADC_LLC)
    set(ADC_HAS_LLVM ON)
    message(STATUS "LLVM ${LLVM_PACKAGE_VERSION}: with native code")
else()
    message(STATUS "LLVM not found (package llvm-19-dev): without native code")
endif()

# llvm_cpus.inc: rows {"x86-64", "znver4"}, the processors of every target; LLVM's C API has no such list.
function(adc_llvm_processors file)
    execute_process(COMMAND ${ADC_LLC} --version OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE "^.*Registered Targets:" "" version "${version}")
    string(REGEX MATCHALL "\n +[a-z0-9_-]+ " targets "${version}")
    set(rows "")
    foreach(target IN LISTS targets)
        string(STRIP "${target}" target)
        execute_process(COMMAND ${ADC_LLC} -march=${target} -mcpu=help INPUT_FILE /dev/null
            OUTPUT_QUIET ERROR_VARIABLE help)
        string(REGEX REPLACE "Available features.*$" "" help "${help}")
        string(REGEX MATCHALL "\n +[A-Za-z0-9_.+-]+ +- Select" cpus "${help}")
        foreach(cpu IN LISTS cpus)
            string(REGEX REPLACE "^\n +([^ ]+) .*$" "\\1" cpu "${cpu}")
            string(APPEND rows "{\"${target}\", \"${cpu}\"},\n")
        endforeach()
    endforeach()
    file(WRITE ${file} "${rows}")
endfunction()

function(adc_llvm_library name to)
    set(file ${PROJECT_BINARY_DIR}/generated-${LLVM_PACKAGE_VERSION}/llvm/llvm_cpus.inc)
    if(NOT EXISTS ${file})
        adc_llvm_processors(${file})
    endif()
    cmake_path(GET file PARENT_PATH folder)
    cmake_path(GET folder PARENT_PATH folder)
    add_library(${name} SHARED ${ARGN})
    target_include_directories(${name} PRIVATE ${folder})
    target_include_directories(${name} SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS})
    if(ADC_LLVM_HOST_ONLY)
        llvm_map_components_to_libnames(libraries native orcjit passes)
        target_compile_definitions(${name} PRIVATE ADC_LLVM_HOST_ONLY)
        enable_language(CXX)
        set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
        target_link_options(${name} PRIVATE -Wl,--gc-sections)
    else()
        set(libraries LLVM)
    endif()
    target_link_libraries(${name} PRIVATE ${libraries})
    # nothing but the entry is seen from outside
    target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
    set_target_properties(${name} PROPERTIES C_VISIBILITY_PRESET hidden
        LIBRARY_OUTPUT_DIRECTORY ${to})
endfunction()

# Whoever opens the library looks for it beside itself. A run path that the loader follows for the whole process, since
# sanitizers stand between a program and dlopen.
function(adc_opens_llvm target library)
    target_link_options(${target} PRIVATE -Wl,--disable-new-dtags)
    set_target_properties(${target} PROPERTIES BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN/../lib")
    add_dependencies(${target} ${library})
endfunction()
