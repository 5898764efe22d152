/// What sinks are made of.
#pragma once

#include "table/entry_table.hpp"

namespace study::checkpoint {

using study::EntryIndex;
using study::EntryTable;
using study::Transition;

}  // namespace study::checkpoint
