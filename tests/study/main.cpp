#define BOOST_TEST_MODULE study_values
#include <boost/test/unit_test.hpp>
