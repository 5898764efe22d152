#define BOOST_TEST_MODULE manifest_values
#include <boost/test/unit_test.hpp>
