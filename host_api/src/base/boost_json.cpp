// The one translation unit with Boost.JSON's code: neither host nor plugin needs libboost_json.so.
#include <boost/json/src.hpp>
