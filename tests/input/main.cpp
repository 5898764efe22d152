#define BOOST_TEST_MODULE study_input
#include <boost/test/unit_test.hpp>
