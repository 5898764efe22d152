#define BOOST_TEST_MODULE check_plugin
#include <boost/test/unit_test.hpp>
